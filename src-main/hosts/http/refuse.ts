import type { ServerResponse } from 'node:http'
import { refusalPage } from './refusals.ts'
import type { Refusal } from './refusals.ts'

export function refuse(response: ServerResponse, refusal: Refusal): void {
  const page = refusalPage(refusal)
  response.writeHead(refusal.status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(page),
  })
  response.end(page)
}
