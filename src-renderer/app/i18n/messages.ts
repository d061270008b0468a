import { audits as auditsEn } from './en/audits.ts'
import { common as commonEn } from './en/common.ts'
import { connections as connectionsEn } from './en/connections.ts'
import { deadLetters as deadLettersEn } from './en/dead-letters.ts'
import { inbox as inboxEn } from './en/inbox.ts'
import { jobs as jobsEn } from './en/jobs.ts'
import { journal as journalEn } from './en/journal.ts'
import { overview as overviewEn } from './en/overview.ts'
import { places as placesEn } from './en/places.ts'
import { plans as plansEn } from './en/plans.ts'
import { shell as shellEn } from './en/shell.ts'
import { sweeps as sweepsEn } from './en/sweeps.ts'
import { words as wordsEn } from './en/words.ts'
import { audits as auditsZh } from './zh-CN/audits.ts'
import { common as commonZh } from './zh-CN/common.ts'
import { connections as connectionsZh } from './zh-CN/connections.ts'
import { deadLetters as deadLettersZh } from './zh-CN/dead-letters.ts'
import { inbox as inboxZh } from './zh-CN/inbox.ts'
import { jobs as jobsZh } from './zh-CN/jobs.ts'
import { journal as journalZh } from './zh-CN/journal.ts'
import { overview as overviewZh } from './zh-CN/overview.ts'
import { places as placesZh } from './zh-CN/places.ts'
import { plans as plansZh } from './zh-CN/plans.ts'
import { shell as shellZh } from './zh-CN/shell.ts'
import { sweeps as sweepsZh } from './zh-CN/sweeps.ts'
import { words as wordsZh } from './zh-CN/words.ts'
import type { Locale } from './locale.ts'

const en = {
  audits: auditsEn,
  common: commonEn,
  connections: connectionsEn,
  deadLetters: deadLettersEn,
  inbox: inboxEn,
  jobs: jobsEn,
  journal: journalEn,
  overview: overviewEn,
  places: placesEn,
  plans: plansEn,
  shell: shellEn,
  sweeps: sweepsEn,
  words: wordsEn,
}

/** The keys of English with any text: a key that another language lacks, or has too much, does not compile. */
type Texts<T> = { readonly [K in keyof T]: T[K] extends string ? string : Texts<T[K]> }
export type Messages = Texts<typeof en>

const zhCN: Messages = {
  audits: auditsZh,
  common: commonZh,
  connections: connectionsZh,
  deadLetters: deadLettersZh,
  inbox: inboxZh,
  jobs: jobsZh,
  journal: journalZh,
  overview: overviewZh,
  places: placesZh,
  plans: plansZh,
  shell: shellZh,
  sweeps: sweepsZh,
  words: wordsZh,
}

export const messages: Readonly<Record<Locale, Messages>> = { en, 'zh-CN': zhCN }
