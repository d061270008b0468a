import type { ErrorCode } from '../../../../src-preload/contract/errors.ts'
import type { Sentences } from '../../../../src-preload/contract/sentences.ts'
import { nothingSent } from './errors-mapping.ts'

/** 编辑、改道与遮盖。 */
export const editErrors = {
  'patch-invalid': {
    what: '这不是 JSON Patch：{reason}。',
    means: nothingSent,
    next: '请按 RFC 6902 写一组操作：[{"op": "replace", "path": "/amount", "value": 12}]。',
  },
  'patch-failed': {
    what: '补丁不适用于 {id} 的消息体：{reason}。',
    means: '这条消息不会发送。' + nothingSent,
    next: '修正补丁里的路径或 test，或把这类消息排除在选择之外。',
  },
  'payload-invalid': {
    what: '{id} 的消息体不符合 schema：{problem}。',
    means: '这条消息不会发送。' + nothingSent,
    next: '修正编辑内容，确保接收方能读懂。',
  },
  'edit-changes-nothing': {
    what: '编辑后 {id} 的消息体没有变化。',
    means: nothingSent,
    next: '请修改消息体，或不经编辑直接重发。',
  },
  'payload-masked': {
    what: '{source} 的规则遮盖了消息体的一部分：{reason}。',
    means: nothingSent,
    next: '先写明理由查看原文，再继续；命令行 "redrive plan resend" 可加 --unmask 理由。直接重发会按原样发送。',
  },
  'destination-invalid': {
    what: '无法发往该目标：{problem}。',
    means: nothingSent,
    next: '修正交换机或路由键，各自最多 255 字节。',
  },
} satisfies Partial<Record<ErrorCode, Sentences>>
