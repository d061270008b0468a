import type { GlobalThemeOverrides } from 'naive-ui'

/** The one file of colours, type and measures. Each palette is designed for its own ground, none is inverted. */
export type ThemeName = 'light' | 'dark'

interface Palette {
  /** Lists and forms; the frame around them; what floats; a field. */
  readonly ground: string
  readonly frame: string
  readonly float: string
  readonly hover: string
  readonly selected: string
  readonly line: string
  readonly lineStrong: string
  readonly text: string
  readonly textQuiet: string
  readonly action: string
  readonly actionHover: string
  readonly actionText: string
  readonly focus: string
  readonly shadow: string
  /** Colour means state, and nothing else. */
  readonly stuck: string
  readonly failed: string
  readonly unconfirmed: string
  readonly sent: string
  readonly unknown: string
  readonly waiting: string
  readonly gap: string
  readonly deadLettered: string
  readonly duplicate: string
  /** Environments; never used for anything else. */
  readonly development: string
  readonly staging: string
  readonly production: string
  readonly productionText: string
  /** The same red as text on the ground. */
  readonly productionLine: string
  /** Names in payloads. */
  readonly codeKey: string
}

export const palettes: Readonly<Record<ThemeName, Palette>> = {
  light: {
    ground: '#ffffff',
    frame: '#f3f4f6',
    float: '#ffffff',
    hover: '#f0f2f4',
    selected: '#e3e8ee',
    line: '#dfe2e6',
    lineStrong: '#b9bfc7',
    text: '#1a1e24',
    textQuiet: '#56606c',
    action: '#2a323c',
    actionHover: '#3d4753',
    actionText: '#ffffff',
    focus: '#1a1e24',
    shadow: '0 6px 24px rgb(20 26 34 / 18%), 0 0 0 1px rgb(20 26 34 / 10%)',
    stuck: '#855400',
    failed: '#b02a1e',
    unconfirmed: '#2f55c4',
    sent: '#1c6b3a',
    unknown: '#56606c',
    waiting: '#5c6671',
    gap: '#6a3bb0',
    deadLettered: '#7a4a21',
    duplicate: '#0b6a70',
    development: '#5d6671',
    staging: '#1d5bb8',
    production: '#c4122f',
    productionText: '#ffffff',
    productionLine: '#c4122f',
    codeKey: '#3b4a5c',
  },
  dark: {
    ground: '#15181c',
    frame: '#1c2025',
    float: '#242930',
    hover: '#1f242a',
    selected: '#2b323b',
    line: '#2c323a',
    lineStrong: '#4a535f',
    text: '#e3e6ea',
    textQuiet: '#9ca6b2',
    action: '#d5dae1',
    actionHover: '#eef0f3',
    actionText: '#15181c',
    focus: '#e3e6ea',
    shadow: '0 8px 28px rgb(0 0 0 / 55%), 0 0 0 1px #39414b',
    stuck: '#e2aa46',
    failed: '#ff8577',
    unconfirmed: '#8fa8ff',
    sent: '#66c28a',
    unknown: '#a6b0bc',
    waiting: '#9ca6b2',
    gap: '#b9a0f2',
    deadLettered: '#d6a77f',
    duplicate: '#52c3c9',
    development: '#98a2ae',
    staging: '#7fb0f5',
    production: '#d0223f',
    productionText: '#ffffff',
    productionLine: '#ff6b80',
    codeKey: '#a9b8c9',
  },
}

export const FONT_SANS =
  'system-ui, -apple-system, "Segoe UI", "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif'
export const FONT_MONO =
  'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace'

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** Puts the palette on the document: `--failed`, `--text-quiet`, … for the page's own style sheets. */
export function paint(theme: ThemeName, root: HTMLElement): void {
  for (const [name, value] of Object.entries(palettes[theme])) {
    root.style.setProperty(`--${kebab(name)}`, value)
  }
  root.style.setProperty('--font-sans', FONT_SANS)
  root.style.setProperty('--font-mono', FONT_MONO)
  root.style.setProperty('color-scheme', theme)
  root.dataset['theme'] = theme
}

export function naiveOverrides(theme: ThemeName): GlobalThemeOverrides {
  const palette = palettes[theme]
  return { common: { ...measures, ...colours(palette) }, ...parts(palette) }
}

const measures = {
  fontFamily: FONT_SANS,
  fontFamilyMono: FONT_MONO,
  fontSize: '13px',
  fontSizeTiny: '12px',
  fontSizeSmall: '13px',
  fontSizeMedium: '13px',
  fontSizeLarge: '15px',
  fontWeightStrong: '600',
  lineHeight: '1.4',
  borderRadius: '4px',
  borderRadiusSmall: '4px',
  heightTiny: '20px',
  heightSmall: '24px',
  heightMedium: '28px',
  heightLarge: '32px',
}

function colours(p: Palette) {
  return {
    primaryColor: p.action,
    primaryColorHover: p.actionHover,
    primaryColorPressed: p.action,
    primaryColorSuppl: p.action,
    errorColor: p.failed,
    errorColorHover: p.failed,
    errorColorPressed: p.failed,
    errorColorSuppl: p.failed,
    warningColor: p.stuck,
    warningColorHover: p.stuck,
    warningColorPressed: p.stuck,
    warningColorSuppl: p.stuck,
    successColor: p.sent,
    successColorHover: p.sent,
    successColorPressed: p.sent,
    successColorSuppl: p.sent,
    infoColor: p.action,
    infoColorHover: p.actionHover,
    infoColorPressed: p.action,
    infoColorSuppl: p.action,
    bodyColor: p.ground,
    cardColor: p.ground,
    modalColor: p.float,
    popoverColor: p.float,
    tableColor: p.ground,
    tableHeaderColor: p.frame,
    inputColor: p.ground,
    inputColorDisabled: p.frame,
    hoverColor: p.hover,
    borderColor: p.lineStrong,
    dividerColor: p.line,
    textColorBase: p.text,
    textColor1: p.text,
    textColor2: p.text,
    textColor3: p.textQuiet,
    placeholderColor: p.textQuiet,
    boxShadow1: 'none',
    boxShadow2: p.shadow,
    boxShadow3: p.shadow,
  }
}

/** What the common values do not reach. */
function parts(p: Palette): Omit<GlobalThemeOverrides, 'common'> {
  return {
    // The chosen one is filled in both themes: an outline alone is what focus looks like.
    Radio: {
      buttonColorActive: p.action,
      buttonTextColorActive: p.actionText,
      buttonBorderColorActive: p.action,
      // Outside of the button, with a gap: around a filled one a line of its own colour is not seen.
      buttonBoxShadowFocus: `0 0 0 1px ${p.float}, 0 0 0 3px ${p.focus}`,
    },
    Button: {
      paddingTiny: '0 8px',
      paddingSmall: '0 8px',
      paddingMedium: '0 12px',
      textColorPrimary: p.actionText,
      textColorHoverPrimary: p.actionText,
      textColorPressedPrimary: p.actionText,
      textColorFocusPrimary: p.actionText,
      textColorDisabledPrimary: p.actionText,
      border: `1px solid ${p.lineStrong}`,
      borderHover: `1px solid ${p.action}`,
      borderFocus: `1px solid ${p.focus}`,
      textColorHover: p.text,
      textColorFocus: p.text,
      textColorPressed: p.text,
      waveOpacity: '0',
    },
    InternalSelection: {
      color: p.ground,
      colorActive: p.ground,
      border: `1px solid ${p.lineStrong}`,
      borderHover: `1px solid ${p.textQuiet}`,
      borderActive: `1px solid ${p.focus}`,
      borderFocus: `1px solid ${p.focus}`,
      boxShadowActive: `0 0 0 1px ${p.focus}`,
      boxShadowFocus: `0 0 0 1px ${p.focus}`,
    },
    Input: {
      color: p.ground,
      colorFocus: p.ground,
      border: `1px solid ${p.lineStrong}`,
      borderHover: `1px solid ${p.textQuiet}`,
      borderFocus: `1px solid ${p.focus}`,
      boxShadowFocus: `0 0 0 1px ${p.focus}`,
    },
    Checkbox: {
      sizeMedium: '14px',
      sizeSmall: '14px',
      boxShadowFocus: `0 0 0 2px ${p.focus}`,
      borderFocus: `1px solid ${p.focus}`,
    },
    Dialog: { titleFontSize: '15px', iconSize: '0px' },
    Card: { titleFontSizeMedium: '15px', paddingMedium: '16px' },
    Tooltip: { color: p.float, textColor: p.text, padding: '4px 8px' },
    Tabs: { tabGapMediumLine: '20px', tabPaddingMediumLine: '6px 0', tabFontSizeMedium: '13px' },
  }
}
