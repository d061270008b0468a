// What the main process needs once the engine speaks: the checks of its words, and the passwords that it asks for. Read then
// and in one piece: read before, it kept the window waiting.
export { fromEngine } from './engine-messages.ts'
export { openKeyStore } from './key-store.ts'
