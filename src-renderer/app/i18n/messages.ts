import { alerts as alertsEn } from './en/alerts.ts'
import { audits as auditsEn } from './en/audits.ts'
import { brokers as brokersEn } from './en/brokers.ts'
import { common as commonEn } from './en/common.ts'
import { confirmations as confirmationsEn } from './en/confirmations.ts'
import { connections as connectionsEn } from './en/connections.ts'
import { deadLetters as deadLettersEn } from './en/dead-letters.ts'
import { halfMessages as halfMessagesEn } from './en/half-messages.ts'
import { inbox as inboxEn } from './en/inbox.ts'
import { jobs as jobsEn } from './en/jobs.ts'
import { journal as journalEn } from './en/journal.ts'
import { mapping as mappingEn } from './en/mapping.ts'
import { masked as maskedEn } from './en/masked.ts'
import { overview as overviewEn } from './en/overview.ts'
import { places as placesEn } from './en/places.ts'
import { plans as plansEn } from './en/plans.ts'
import { shell as shellEn } from './en/shell.ts'
import { sweeps as sweepsEn } from './en/sweeps.ts'
import { triage as triageEn } from './en/triage.ts'
import { words as wordsEn } from './en/words.ts'
import { alerts as alertsZh } from './zh-CN/alerts.ts'
import { audits as auditsZh } from './zh-CN/audits.ts'
import { brokers as brokersZh } from './zh-CN/brokers.ts'
import { common as commonZh } from './zh-CN/common.ts'
import { confirmations as confirmationsZh } from './zh-CN/confirmations.ts'
import { connections as connectionsZh } from './zh-CN/connections.ts'
import { deadLetters as deadLettersZh } from './zh-CN/dead-letters.ts'
import { halfMessages as halfMessagesZh } from './zh-CN/half-messages.ts'
import { inbox as inboxZh } from './zh-CN/inbox.ts'
import { jobs as jobsZh } from './zh-CN/jobs.ts'
import { journal as journalZh } from './zh-CN/journal.ts'
import { mapping as mappingZh } from './zh-CN/mapping.ts'
import { masked as maskedZh } from './zh-CN/masked.ts'
import { overview as overviewZh } from './zh-CN/overview.ts'
import { places as placesZh } from './zh-CN/places.ts'
import { plans as plansZh } from './zh-CN/plans.ts'
import { shell as shellZh } from './zh-CN/shell.ts'
import { sweeps as sweepsZh } from './zh-CN/sweeps.ts'
import { triage as triageZh } from './zh-CN/triage.ts'
import { words as wordsZh } from './zh-CN/words.ts'
import type { Locale } from './locale.ts'

const en = {
  alerts: alertsEn,
  audits: auditsEn,
  brokers: brokersEn,
  common: commonEn,
  confirmations: confirmationsEn,
  connections: connectionsEn,
  deadLetters: deadLettersEn,
  halfMessages: halfMessagesEn,
  inbox: inboxEn,
  jobs: jobsEn,
  journal: journalEn,
  mapping: mappingEn,
  masked: maskedEn,
  overview: overviewEn,
  places: placesEn,
  plans: plansEn,
  shell: shellEn,
  sweeps: sweepsEn,
  triage: triageEn,
  words: wordsEn,
}

/** The keys of English with any text: a key that another language lacks, or has too much, does not compile. */
type Texts<T> = { readonly [K in keyof T]: T[K] extends string ? string : Texts<T[K]> }
export type Messages = Texts<typeof en>

const zhCN: Messages = {
  alerts: alertsZh,
  audits: auditsZh,
  brokers: brokersZh,
  common: commonZh,
  confirmations: confirmationsZh,
  connections: connectionsZh,
  deadLetters: deadLettersZh,
  halfMessages: halfMessagesZh,
  inbox: inboxZh,
  jobs: jobsZh,
  journal: journalZh,
  mapping: mappingZh,
  masked: maskedZh,
  overview: overviewZh,
  places: placesZh,
  plans: plansZh,
  shell: shellZh,
  sweeps: sweepsZh,
  triage: triageZh,
  words: wordsZh,
}

export const messages: Readonly<Record<Locale, Messages>> = { en, 'zh-CN': zhCN }
