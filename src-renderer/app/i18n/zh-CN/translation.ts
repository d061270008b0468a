import { zhCN } from 'naive-ui'
import type { Translation } from '../translation.ts'
import { chineseSentences } from './errors.ts'
import { chineseMessages } from './messages.ts'
import { chineseProfileTexts } from './profile-texts.ts'
import { chineseTexts } from './texts.ts'

export const chinese: Translation = {
  messages: chineseMessages,
  errors: {
    ...chineseSentences,
    'engine-unreachable': {
      what: 'Redrive 引擎没有响应。',
      means: '无法确定上一个操作是否已送达；正在跑的任务不受本页影响，会继续执行。',
      next: '页面会自动重连。再次操作前，请先查看任务。',
    },
  },
  texts: chineseTexts,
  profileTexts: chineseProfileTexts,
  terms: { state: chineseMessages.words.state, action: chineseMessages.mapping.confirm.act },
  components: zhCN,
}
