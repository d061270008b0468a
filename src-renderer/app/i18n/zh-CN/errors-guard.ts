import type { ErrorCode } from '../../../../src-preload/contract/errors.ts'
import type { Sentences } from '../../../../src-preload/contract/sentences.ts'
import { nothingSent } from './errors-mapping.ts'

/** 工作区为某个环境规定的限制。 */
export const guardErrors = {
  'approval-required': {
    what: '需要第二个人批准：{reason}。',
    means: nothingSent,
    next: '把计划文件交给批准人（"redrive approve PLAN"），交回批准后再执行。',
  },
  'approval-invalid': {
    what: '这份批准不算数：{reason}。',
    means: '没有收下它。' + nothingSent,
    next: '请工作区里的批准人（既没制定也不执行这个计划）对这份计划文件签署。',
  },
  'approval-impossible': {
    what: '需要第二个人批准，但这里没有可以签署的计划：{reason}。',
    means: '没有改动任何东西。',
    next: '少选一些消息，或者等这一小时过去。',
  },
  'limit-reached': {
    what: '已达到工作区规定的上限：{reason}。',
    means: '暂时不再发送。已在途的消息都等到了结果。',
    next: '少选一些消息；若是一小时的额度已用完，等这一小时过去。上限写在工作区文件的 policies 里。',
  },
  'hours-forbidden': {
    what: '现在不能处理：{reason}。',
    means: '暂时不再发送。已在途的消息都等到了结果。',
    next: '等这段时间过去再继续；时间段写在工作区文件的 policies 里。',
  },
  'policy-forbids': {
    what: '工作区不允许在页面上修改：{reason}。',
    means: '没有保存任何改动。',
    next: '由管理工作区文件的人在文件里修改。',
  },
  'role-forbids': {
    what: '你的角色是{role}，这项操作需要{needed}。',
    means: '什么都没有执行。',
    next: '请有这个角色的人来操作，或请管理员授予（"redrive operators list" 可以看到谁有什么角色）。',
  },
  'operator-unknown': {
    what: '没有人以“{name}”的名字持有令牌，也没有这个编号的令牌。',
    means: '没有收回任何令牌。',
    next: '"redrive operators list" 会列出名字和编号。',
  },
  'session-over': {
    what: '{operator} 的会话已经结束。',
    means: '这一步什么都没有执行。',
    next: '请重新登录；如果令牌已被收回，请找管理员。',
  },
  'unlock-too-long': {
    what: '{environment} 的数据源一次最多解锁 {max} 分钟，不能是 {minutes} 分钟。',
    means: '它仍然只读。',
    next: '缩短时长，到期后再解锁；上限写在工作区文件的 policies 里。',
  },
} satisfies Partial<Record<ErrorCode, Sentences>>
