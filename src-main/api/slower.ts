import type { EnginePorts } from '../app/engine-ports.ts'

/** For what the page says of a source that is slow; nothing where it is not. */
export function slowerOf(
  { loads }: Pick<EnginePorts, 'loads'>,
  source: string,
): { readonly slower?: number } {
  const slower = loads.slower(source)
  return slower === null ? {} : { slower }
}
