import { expect, test } from 'vitest'
import { openMetricsText } from '../../src-main/domain/open-metrics.ts'

test('families are written as OpenMetrics wants them, and what nobody knows is left out', () => {
  const text = openMetricsText([
    {
      name: 'redrive_build',
      type: 'info',
      help: 'Version.',
      samples: [{ labels: { version: '1' }, value: 1 }],
    },
    {
      name: 'redrive_outcomes',
      type: 'counter',
      help: 'By "outcome".',
      samples: [{ labels: { source: 'a "b"\\\n', outcome: 'confirmed' }, value: 3 }],
    },
    { name: 'redrive_source_up', type: 'gauge', help: 'Answers.', samples: [{ labels: {}, value: 0.5 }] },
    { name: 'redrive_none', type: 'gauge', help: 'Nothing.', samples: [] },
  ])
  expect(text).toBe(
    [
      '# TYPE redrive_build info',
      '# HELP redrive_build Version.',
      'redrive_build_info{version="1"} 1',
      '# TYPE redrive_outcomes counter',
      '# HELP redrive_outcomes By \\"outcome\\".',
      'redrive_outcomes_total{source="a \\"b\\"\\\\\\n",outcome="confirmed"} 3',
      '# TYPE redrive_source_up gauge',
      '# HELP redrive_source_up Answers.',
      'redrive_source_up 0.5',
      '# EOF',
      '',
    ].join('\n'),
  )
})
