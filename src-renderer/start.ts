import { hostTransport } from './api/transport.ts'
import { createEngine } from './api/client.ts'
import { createConsole } from './app/create-console.ts'

createConsole({ engine: createEngine({ transport: hostTransport() }) }).app.mount('#app')
