import type { Password } from './drivers.ts'

/**
 * Opens a connection; where the server refuses the password and there may be another by now, once more. `refused` says
 * whether an error means just that. A second refusal is thrown: tried again and again, it would lock the account.
 */
export async function logIn<Opened>(
  { renew }: Pick<Password, 'renew'>,
  refused: (error: unknown) => boolean,
  open: () => Promise<Opened>,
): Promise<Opened> {
  try {
    return await open()
  } catch (error) {
    if (renew === undefined || !refused(error) || !renew()) throw error
    return open()
  }
}
