// Serves the page with the test double of the engine, to look at it: npx node test/renderer/support/preview.ts
import type { Server } from 'node:http'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { RPCHandler } from '@orpc/server/ws'
import vue from '@vitejs/plugin-vue'
import { build, createServer, preview, type InlineConfig } from 'vite'
import { WebSocketServer } from 'ws'
import { fakeEngine } from './fake-engine.ts'
import type { World } from './fake-world.ts'
import { exampleWorld } from './example-world.ts'

const at = (path: string): string => resolve(import.meta.dirname, '../../..', path)

export interface Preview {
  readonly url: string
  close(): Promise<void>
}

interface PreviewOptions {
  readonly world: World
  readonly port?: number
  /** Serve the minified build instead of the development server: for measuring. */
  readonly built?: boolean
}

export async function startPreview({ world, port = 0, built = false }: PreviewOptions): Promise<Preview> {
  const config: InlineConfig = {
    configFile: false,
    root: at('src-renderer'),
    cacheDir: at('.cache/vite-preview'),
    logLevel: 'warn',
    plugins: [vue()],
    build: { outDir: at('.cache/preview'), emptyOutDir: true },
  }
  const listen = { host: '127.0.0.1', port }
  if (built) await build(config)
  const server = built
    ? await preview({ ...config, preview: listen })
    : await (await createServer({ ...config, server: listen })).listen()
  const sockets = answerOn(server.httpServer as Server, world)
  return {
    url: server.resolvedUrls?.local[0] ?? '',
    close: async () => {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
      await server.close()
    },
  }
}

function answerOn(server: Server, world: World): WebSocketServer {
  const sockets = new WebSocketServer({ noServer: true })
  const handler = new RPCHandler(fakeEngine(world))
  server.on('upgrade', (request, socket, head) => {
    if (request.url !== '/rpc') return
    sockets.handleUpgrade(request, socket, head, (opened) => void handler.upgrade(opened))
  })
  return sockets
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '5199' },
      scenario: { type: 'string', default: 'shop' },
      built: { type: 'boolean', default: false },
    },
  })
  const world = exampleWorld(values.scenario)
  const { url } = await startPreview({ world, port: Number(values.port), built: values.built })
  console.log(url)
}
