import { describe, expect, test } from 'vitest'
import { palettes } from '../../src-renderer/app/theme.ts'

const CONTRAST_MIN = 4.5

/** Relative luminance of WCAG 2. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return channel <= 0.040_45 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

const TEXTS = [
  'text',
  'textQuiet',
  'stuck',
  'failed',
  'sent',
  'unknown',
  'waiting',
  'gap',
  'deadLettered',
  'duplicate',
  'codeKey',
] as const
const GROUNDS = ['ground', 'frame', 'float', 'hover', 'selected'] as const
const ON_GROUND = ['development', 'staging', 'productionLine'] as const

describe.each(['light', 'dark'] as const)('the %s palette can be read', (theme) => {
  const palette = palettes[theme]

  test.each(TEXTS.flatMap((text) => GROUNDS.map((ground) => [text, ground] as const)))(
    '%s on %s',
    (text, ground) => {
      expect(contrast(palette[text], palette[ground])).toBeGreaterThanOrEqual(CONTRAST_MIN)
    },
  )

  test.each(
    ON_GROUND.flatMap((text) => (['ground', 'frame'] as const).map((ground) => [text, ground] as const)),
  )('%s on %s', (text, ground) => {
    expect(contrast(palette[text], palette[ground])).toBeGreaterThanOrEqual(CONTRAST_MIN)
  })

  test('what is written on colour', () => {
    expect(contrast(palette.actionText, palette.action)).toBeGreaterThanOrEqual(CONTRAST_MIN)
    expect(contrast(palette.productionText, palette.production)).toBeGreaterThanOrEqual(CONTRAST_MIN)
  })
})
