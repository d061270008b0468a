export const nothingSent = '没有发送任何消息，也没有改动任何行。'

/** Errors of a mapping and of what it allows. */
export const mappingErrors = {
  'mapping-invalid': {
    what: '映射无效，位置 {at}：{problem}。',
    means: 'Redrive 不知道怎样读这张表。' + nothingSent,
    next: '按 resources/mapping.schema.json 改正映射的这一处。',
  },
  'mapping-drifted': {
    what: '这张表已与映射不一致：{problem}。',
    means: '显示的内容可能有误，因此这里不能做任何更改。' + nothingSent,
    next: '对照表结构改正映射，然后重新连接。',
  },
  'action-refused': {
    what: '这个发件箱不允许 {action}：{reason}。',
    means: nothingSent,
    next: '{instead}',
  },
}
