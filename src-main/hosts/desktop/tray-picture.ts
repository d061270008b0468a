/** Pixels of a square picture, as Electron's bitmaps have them: blue, green, red, opacity. */
export interface TrayPicture {
  readonly size: number
  readonly pixels: Buffer
}

type Colour = readonly [blue: number, green: number, red: number]

/** Between light and dark bars of any platform. */
const QUIET: Colour = [0x96, 0x8a, 0x80]
const FIRING: Colour = [0x2e, 0x3c, 0xd6]
const BYTES = 4
const OPAQUE = 255

/** Redrive's mark: a ring with a point. While an alert fires, a full disc in red. */
export function trayPicture(firing: boolean, size = 32): TrayPicture {
  const pixels = Buffer.alloc(size * size * BYTES)
  const [blue, green, red] = firing ? FIRING : QUIET
  const centre = (size - 1) / 2
  const outer = size * 0.44
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const distance = Math.hypot(x - centre, y - centre)
      const ring = cover(outer - distance) - (firing ? 0 : cover(outer * 0.72 - distance))
      const point = firing ? 0 : cover(outer * 0.34 - distance)
      // Premultiplied, as bitmaps are.
      const part = Math.min(1, ring + point)
      const values = [blue * part, green * part, red * part, OPAQUE * part]
      values.forEach((value, channel) => (pixels[(y * size + x) * BYTES + channel] = Math.round(value)))
    }
  }
  return { size, pixels }
}

/** Part of a pixel that lies inside an edge this far away. */
function cover(inside: number): number {
  return Math.max(0, Math.min(1, inside + 0.5))
}
