import { AsyncLocalStorage } from 'node:async_hooks'
import type { Acting } from '../../ports/acting.ts'

/** Persons of one process, told apart by the call that they made: it goes along with everything that the call awaits or begins. */
export function actingAs(own: string): Acting {
  const persons = new AsyncLocalStorage<string | null>()
  return {
    operator: () => persons.getStore() ?? own,
    actAs: (operator, work) => persons.run(operator, work),
    actAlone: (work) => persons.run(null, work),
  }
}
