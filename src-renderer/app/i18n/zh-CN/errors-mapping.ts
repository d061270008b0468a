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
  'mapping-unconfirmed': {
    what: '还没有操作员确认过这个发件箱的读写方式：{reason}。',
    means: '该来源保持只读。' + nothingSent,
    next: '查看“redrive mapping preview --source {source}”；如果各行的判断正确，用“redrive mapping confirm --source {source} --digest {digest}”确认。',
  },
  'mapping-unsafe': {
    what: '不能确认这个映射：{problem}。',
    means: '这些行看上去修好了，实际仍有问题。没有保存任何内容，也没有改动任何行。',
    next: '{instead}',
  },
  'mapping-digest-mismatch': {
    what: '现在要确认的是 {digest}，不是先前显示的那一个。',
    means: '映射或表在此期间改变了。没有确认任何内容。',
    next: '重新查看“redrive mapping preview --source {source}”，再确认那个摘要。',
  },
}
