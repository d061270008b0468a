/**
 * Node's diagnostic reports hold the environment, and with it passwords. Whatever NODE_OPTIONS says: none is written, and one
 * that a debugger asks for leaves the environment out. Call it before anything else.
 */
export function writeNoReports(): void {
  Object.assign(process.report, {
    reportOnFatalError: false,
    reportOnSignal: false,
    reportOnUncaughtException: false,
    excludeEnv: true,
  })
}
