export interface Refusal {
  readonly status: 401 | 403 | 404 | 405
  readonly sentence: string
  /** A way on, where there is one: a link that this origin may follow. */
  readonly link?: { readonly href: string; readonly text: string }
}

const restart = 'Stop Redrive and start it again ("npm run serve"): it prints a new address that works once.'

export const refusals = {
  foreignHost: (hosts: readonly string[]): Refusal => ({
    status: 403,
    sentence: `Redrive answers only at ${hosts.join(' and ')}. Through an SSH tunnel, forward the same port number.`,
  }),
  noSession: {
    status: 401,
    sentence: `This browser has not been let in. Open the address that Redrive printed when it started. If that has been used already: ${restart}`,
    // A browser that came here from another site's page sends no strict cookie until it asks from here.
    link: { href: '/', text: 'I did open it in this browser: go on' },
  },
  tokenUsed: {
    status: 403,
    sentence: `This address has been used already; it works once. ${restart}`,
    link: { href: '/', text: 'It was this browser: go on' },
  },
  tokenWrong: { status: 403, sentence: `This address belongs to another start of Redrive. ${restart}` },
  foreignForm: {
    status: 403,
    sentence: 'This was sent by a page of another site. Open the address of Redrive and do it there.',
    link: { href: '/', text: 'Open Redrive' },
  },
  notFound: { status: 404, sentence: 'There is no such page.' },
  wrongMethod: { status: 405, sentence: 'Only GET and HEAD are answered here.' },
} as const satisfies Record<string, Refusal | ((hosts: readonly string[]) => Refusal)>

/** No part of the request goes into the page. */
export function refusalPage({ sentence, link }: Refusal): string {
  const way = link === undefined ? '' : `<p><a href="${link.href}">${link.text}</a></p>`
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Redrive</title><body><p>${sentence}</p>${way}</body></html>\n`
}
