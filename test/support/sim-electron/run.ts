// The simulated Electron as a program: `node run.ts FOLDER [arguments]` runs the application in FOLDER, as `electron`
// would. SIM_USER_DATA is its profile; SIM_KEY_STORE the backend of safeStorage.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { listenToTest } from './control.ts'

const folder = resolve(process.argv[2] ?? '.')
process.chdir(folder)
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron'
      ? { url: new URL('./electron.ts', import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
})
// The application finds its arguments where Electron puts them: program, folder, arguments.
process.argv.splice(0, 3, 'electron', folder)
listenToTest()

const { app } = await import('./app.ts')
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => app.quit())
// A test that is gone leaves nothing behind.
process.on('disconnect', () => app.quit())

const { main } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { main: string }
await import(pathToFileURL(resolve(main)).href)
app.start()
