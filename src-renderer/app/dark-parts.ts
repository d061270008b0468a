import {
  autoCompleteDark,
  buttonDark,
  checkboxDark,
  createTheme,
  dialogDark,
  dropdownDark,
  inputDark,
  inputNumberDark,
  modalDark,
  notificationDark,
  radioDark,
  selectDark,
} from 'naive-ui'

/**
 * The dark form of the components that the console has, and of what they are made of. The library's whole theme knows
 * ninety, and every start would read them. A component that is missing here stays light in the dark: name it.
 */
export const darkParts = createTheme([
  autoCompleteDark,
  buttonDark,
  checkboxDark,
  dialogDark,
  dropdownDark,
  inputDark,
  inputNumberDark,
  modalDark,
  notificationDark,
  radioDark,
  selectDark,
])
