export const masked = {
  fields: '{n} field is masked by rule. | {n} fields are masked by rule.',
  whole: 'The payload is masked by rule.',
  unmask: 'Unmask…',
  unmaskOne: 'Unmask this message',
  reason: 'Why you need to see it',
  means: 'Your name and the reason go into the journal before it is shown, in this view only.',
  shown: 'Shown unmasked in this view; the journal says so.',
  again: 'Mask again',
}
