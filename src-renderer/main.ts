// First: no schema may be made before it.
import './api/no-eval.ts'
import { createEngine } from './api/client.ts'
import { hostTransport } from './api/transport.ts'
import { createConsole } from './app/create-console.ts'

const { app, spoken } = createConsole({ engine: createEngine({ transport: hostTransport() }) })
void spoken.then(() => app.mount('#app'))
