/** Why a command did not give a password. What it wrote is never among the words. */
export const secretTexts = {
  'secret.absent': 'cannot be started: there is no such program',
  'secret.not-allowed': 'cannot be started: this user may not run it',
  'secret.exit': 'ended with code {code}',
  'secret.signal': 'was ended by {signal}',
  'secret.late': 'had no answer within {seconds} seconds and was stopped',
  'secret.too-large': 'printed more than {bytes} bytes and was stopped',
  'secret.empty': 'printed nothing in its first line',
  'secret.no-json': 'printed no JSON',
  'secret.no-field': 'printed JSON in which there is no text at {at}',
} as const
