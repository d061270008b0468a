export const inbox = {
  title: 'Inbox',
  query: {
    placeholder: 'type:OrderPaid error:"timeout" age:>1h …',
    clear: 'Clear the query',
    unknown: 'Not understood: {part}. The list is not narrowed until it is mended.',
    help: 'trouble:failed, stuck · state:pending · type: · error:"…" · chain: · exchange: · id: · age:>1h',
  },
}
