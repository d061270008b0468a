// `npm start` and `npm run sandbox`: the desktop console where a window can be shown, otherwise the same over http.
import { keepCompiled } from './common/compile-cache.ts'
import { writeNoReports } from './common/no-reports.ts'

writeNoReports()
keepCompiled()
const { endSignal } = await import('./common/signals.ts')
const { launch } = await import('./start/launch.ts')

process.exitCode = await launch(process.argv.slice(2), endSignal())
