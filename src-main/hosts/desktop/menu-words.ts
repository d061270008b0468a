/** What menus and dialogs of the desktop say; items with a role are named by the platform. */
export interface MenuWords {
  readonly file: string
  readonly newWindow: string
  readonly openPlan: string
  readonly view: string
  readonly planFiles: string
  readonly anyFile: string
  readonly pageGone: { readonly what: string; readonly means: string }
  readonly pageAgain: string
  readonly closeWindow: string
}

const english: MenuWords = {
  file: 'File',
  newWindow: 'New Window',
  openPlan: 'Open Plan…',
  view: 'View',
  planFiles: 'Plans',
  anyFile: 'All files',
  pageGone: {
    what: 'The page of this window broke down again.',
    means:
      'Nothing is lost: the engine runs in a process of its own, jobs go on and the journal is written. Open the page again, or close the window.',
  },
  pageAgain: 'Open the page again',
  closeWindow: 'Close the window',
}

const chinese: MenuWords = {
  file: '文件',
  newWindow: '新建窗口',
  openPlan: '打开计划…',
  view: '视图',
  planFiles: '计划',
  anyFile: '所有文件',
  pageGone: {
    what: '此窗口的页面再次崩溃。',
    means:
      '没有丢失任何东西：引擎在独立进程中运行，任务照常执行，日志照常写入。可以重新打开页面，或关闭窗口。',
  },
  pageAgain: '重新打开页面',
  closeWindow: '关闭窗口',
}

export function menuWords(locale: string): MenuWords {
  return locale.toLowerCase().startsWith('zh') ? chinese : english
}
