import { json as jsonLanguage } from '@codemirror/lang-json'
import { syntaxTree } from '@codemirror/language'
import { EditorState, RangeSetBuilder, type Extension } from '@codemirror/state'
import {
  Decoration,
  EditorView,
  ViewPlugin,
  highlightSpecialChars,
  type DecorationSet,
} from '@codemirror/view'
import { actingInLines, inertText } from '../../src-preload/contract/inert-text.ts'

/** The look of every text with a gutter: what is read, what is compared, what is edited. */
export const codeTheme = EditorView.theme({
  '&': { height: '100%', fontSize: '12px', backgroundColor: 'transparent', color: 'var(--text)' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '18px' },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'transparent', border: '0', color: 'var(--text-quiet)' },
  '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': { backgroundColor: 'var(--selected)' },
  '.cm-name': { color: 'var(--code-key)', fontWeight: '600' },
  '.cm-foldPlaceholder': {
    backgroundColor: 'var(--frame)',
    border: '1px solid var(--line)',
    color: 'inherit',
  },
})

/** What the editor says by itself. */
export function codeWords(t: (key: string) => string): Extension {
  return EditorState.phrases.of({
    'Fold line': t('common.lines.fold'),
    'Unfold line': t('common.lines.unfold'),
    'folded code': t('common.lines.folded'),
    unfold: t('common.lines.unfold'),
    '$ unchanged lines': t('common.lines.unchanged'),
  })
}

/** What would act instead of being read stands there as its escape; the text itself keeps it. */
export const inertCode: Extension = highlightSpecialChars({
  specialChars: actingInLines,
  render: (code, description) => {
    const shown = document.createElement('span')
    shown.className = 'cm-specialChar'
    shown.title = description ?? ''
    shown.textContent = inertText(String.fromCodePoint(code))
    return shown
  },
})

const nameMark = Decoration.mark({ class: 'cm-name' })

/** Names stand out, the rest stays quiet. Only what is on the screen is looked at, so megabytes open at once. */
function nameMarks(shown: EditorView): DecorationSet {
  const found = new RangeSetBuilder<Decoration>()
  for (const { from, to } of shown.visibleRanges) {
    syntaxTree(shown.state).iterate({
      from,
      to,
      enter: (node) => {
        if (node.name === 'PropertyName') found.add(node.from, node.to, nameMark)
      },
    })
  }
  return found.finish()
}

const names = ViewPlugin.define(
  (shown) => ({
    marks: nameMarks(shown),
    update(update) {
      const parsed = syntaxTree(update.startState) !== syntaxTree(update.state)
      if (parsed || update.docChanged || update.viewportChanged) this.marks = nameMarks(update.view)
    },
  }),
  { decorations: (plugin) => plugin.marks },
)

export const jsonCode: Extension = [jsonLanguage(), names]
