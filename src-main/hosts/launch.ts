// `npm start` and `npm run sandbox`: the desktop console where a window can be shown, otherwise the same over http.
import { keepCompiled } from './common/compile-cache.ts'

keepCompiled()
const { endSignal } = await import('./common/signals.ts')
const { launch } = await import('./start/launch.ts')

process.exitCode = await launch(process.argv.slice(2), endSignal())
