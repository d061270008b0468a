import type { Room, SourceLoad } from '../../ports/load.ts'

/** Opens a connection in a place of the source's; where it cannot be opened, the place is free again. Throws what either throws. */
export async function openInRoom<Held>(
  load: SourceLoad,
  open: () => Promise<Held>,
  signal: AbortSignal,
): Promise<{ readonly held: Held; readonly room: Room }> {
  const room = await load.room(signal)
  try {
    return { held: await open(), room }
  } catch (error) {
    room.free()
    throw error
  }
}
