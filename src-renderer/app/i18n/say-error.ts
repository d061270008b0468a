import { englishSentences, fillSentences } from '../../../src-preload/contract/explain.ts'
import type { Sentences } from '../../../src-preload/contract/sentences.ts'
import type { SayError, ShownError } from '../../ui/sentences.ts'
import type { Locale } from './locale.ts'
import { sayValueIn } from './say-words.ts'
import { chineseSentences } from './zh-CN/errors.ts'

type Code = ShownError['code']

const unreachable: Readonly<Record<Locale, Sentences>> = {
  en: {
    what: 'The engine of Redrive does not answer.',
    means: 'Whether the last act reached it is not known; jobs that run go on without this page.',
    next: 'The page connects again by itself. Look at the jobs before acting again.',
  },
  'zh-CN': {
    what: 'Redrive 引擎没有响应。',
    means: '无法确定上一个操作是否已送达；正在跑的任务不受本页影响，会继续执行。',
    next: '页面会自动重连。再次操作前，请先查看任务。',
  },
}

const tables: Readonly<Record<Locale, Readonly<Record<Code, Sentences>>>> = {
  en: { ...englishSentences, 'engine-unreachable': unreachable.en },
  'zh-CN': { ...chineseSentences, 'engine-unreachable': unreachable['zh-CN'] },
}

export function sayErrorIn(locale: () => Locale): SayError {
  return ({ code, detail }) => fillSentences(tables[locale()][code], detail, sayValueIn(locale))
}
