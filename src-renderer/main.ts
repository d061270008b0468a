// First: no schema may be made before it.
import './api/no-eval.ts'
// Before the router is imported.
import './app/no-scroll-yet.ts'
import { createEngine } from './api/client.ts'
import { hostTransport } from './api/transport.ts'
import { createConsole } from './app/create-console.ts'
import { mountAnswered } from './app/mount-answered.ts'

void mountAnswered(createConsole({ engine: createEngine({ transport: hostTransport() }) }), '#app')
