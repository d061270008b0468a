/** How a file is changed and read: whatever goes wrong is a RedriveError. */
export interface CallbackFile {
  /** One IMMEDIATE transaction; on disk when it returns. `at`: its time. */
  transact<T>(work: (at: string) => T): T
  look<T>(work: () => T): T
}
