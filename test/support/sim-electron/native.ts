import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { answerTo, record } from './control.ts'

const IV_BYTES = 12
const TAG_BYTES = 16
const key = createHash('sha256').update('the key ring of the simulated user').digest()

/** A key store with a real cipher, so that a plain password in a file is found. SIM_KEY_STORE names the backend. */
export const safeStorage = {
  isEncryptionAvailable: (): boolean => true,
  getSelectedStorageBackend: (): string => process.env['SIM_KEY_STORE'] ?? 'gnome_libsecret',
  encryptString(text: string): Buffer {
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv('aes-256-gcm', key, iv)
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return Buffer.concat([iv, cipher.getAuthTag(), sealed])
  },
  decryptString(bytes: Buffer): string {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES))
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
    return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
  },
}

let chosen: readonly string[] = []
answerTo('choose-files', (files) => {
  chosen = files as string[]
})
let answer: (response: number) => void = () => undefined
answerTo('answer-dialog', (response) => answer(Number(response)))

/** A dialog stays open until the test answers it. */
export const dialog = {
  showMessageBox(window: object, options: object = window): Promise<{ response: number }> {
    record('message-box', options)
    return new Promise((resolve) => {
      answer = (response) => resolve({ response })
    })
  },
  showOpenDialog(options: object): Promise<{ filePaths: readonly string[] }> {
    record('open-dialog', options)
    return Promise.resolve({ filePaths: chosen })
  },
  showErrorBox: (title: string, content: string): void => record('error-box', { title, content }),
}

interface MenuItem {
  readonly label?: string
  readonly submenu?: readonly MenuItem[]
  readonly click?: () => void
}
let shownMenu: readonly MenuItem[] = []

export const Menu = {
  buildFromTemplate: (template: readonly MenuItem[]): object => ({ template }),
  setApplicationMenu(menu: { readonly template: readonly MenuItem[] }): void {
    shownMenu = menu.template
    record('menu', menu)
  },
}
answerTo('click-menu', (label) => {
  const items = shownMenu.flatMap(({ submenu }) => submenu ?? [])
  items.find((item) => item.label === label)?.click?.()
})

export const nativeTheme = Object.assign(new EventEmitter(), {
  shouldUseDarkColors: false,
  themeSource: 'system',
})

const area = { x: 0, y: 0, width: 1920, height: 1080 }
export const screen = {
  getAllDisplays: (): object[] => [{ bounds: area, workArea: area }],
}

type PermissionRequest = (contents: unknown, permission: string, decide: (granted: boolean) => void) => void
type PermissionCheck = (contents: unknown, permission: string) => boolean
let requestHandler: PermissionRequest = (_contents, _permission, decide) => decide(true)
let checkHandler: PermissionCheck = () => true
let deviceHandler: (details: object) => boolean = () => true

answerTo('permission', async (permission) => ({
  requested: await new Promise((decide) => requestHandler(null, String(permission), decide)),
  checked: checkHandler(null, String(permission)),
  device: deviceHandler({}),
}))

/** Without handlers Electron grants; the test asks what the application's handlers say. */
export const session = {
  defaultSession: {
    setPermissionRequestHandler: (handler: PermissionRequest): void => void (requestHandler = handler),
    setPermissionCheckHandler: (handler: PermissionCheck): void => void (checkHandler = handler),
    setDevicePermissionHandler: (handler: (details: object) => boolean): void =>
      void (deviceHandler = handler),
  },
}
