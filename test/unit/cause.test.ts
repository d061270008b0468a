import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CAUSE_CHARS_MAX, normaliseCause } from '../../src-main/domain/cause.ts'

const javaTrace = (orderId: number, waitedMs: number): string =>
  [
    `org.springframework.amqp.AmqpException: Failed to publish message ${orderId}`,
    `\tat com.shop.Relay.send(Relay.java:42)`,
    `Caused by: java.net.SocketTimeoutException: Read timed out after ${waitedMs} ms`,
    `\tat java.base/java.net.SocketInputStream.read(SocketInputStream.java:168)`,
    `\t... 24 more`,
  ].join('\n')

const pythonTrace = (order: number): string =>
  [
    'Traceback (most recent call last):',
    '  File "/app/relay.py", line 87, in send',
    '    channel.basic_publish(exchange, key, body)',
    `requests.exceptions.HTTPError: 503 Server Error: Service Unavailable for url: https://api.example/o/${order}`,
  ].join('\n')

const causes: [client: string, errors: string[], cause: string][] = [
  ['amqplib', [`Channel closed by server: 404 (NOT-FOUND) with message "NOT_FOUND - no exchange 'orders' in vhost '/'"`], `Channel closed by server: 404 (NOT-FOUND) with message "NOT_FOUND - no exchange 'orders' in vhost '/'"`],
  ['amqplib', ['Channel closed by server: 406 (PRECONDITION-FAILED) with message "PRECONDITION_FAILED - unknown delivery tag 17"', 'Channel closed by server: 406 (PRECONDITION-FAILED) with message "PRECONDITION_FAILED - unknown delivery tag 18"'], 'Channel closed by server: 406 (PRECONDITION-FAILED) with message "PRECONDITION_FAILED - unknown delivery tag <n>"'],
  ['amqplib', [`Connection closed: 320 (CONNECTION-FORCED) with message "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'"`], `Connection closed: 320 (CONNECTION-FORCED) with message "CONNECTION_FORCED - broker forced connection closure with reason <text>"`],
  ['amqplib', ['312 NO_ROUTE'], '312 NO_ROUTE'],
  ['Node', ['connect ECONNREFUSED 127.0.0.1:5672', 'connect ECONNREFUSED 10.9.8.7:5671', 'connect ECONNREFUSED ::1:5672'], 'connect ECONNREFUSED <address>'],
  ['Node', ['getaddrinfo ENOTFOUND rabbit-0.rabbit.svc', 'getaddrinfo ENOTFOUND rabbit-12.rabbit.svc'], 'getaddrinfo ENOTFOUND rabbit-<n>.rabbit.svc'],
  ['kafkajs', ['KafkaJSProtocolError: This server does not host this topic-partition'], 'KafkaJSProtocolError: This server does not host this topic-partition'],
  ['kafkajs', ['KafkaJSConnectionError: Connection timeout to 10.2.3.4:9092', 'KafkaJSConnectionError: Connection timeout to 10.2.3.5:9092'], 'KafkaJSConnectionError: Connection timeout to <address>'],
  ['kafkajs', ['KafkaJSNumberOfRetriesExceeded: Broker kafka-2:9092 not connected (retry 5, 3812ms)', 'KafkaJSNumberOfRetriesExceeded: Broker kafka-0:9092 not connected (retry 4, 912ms)'], 'KafkaJSNumberOfRetriesExceeded: Broker kafka-<n>:<n> not connected (retry <n>, <n>ms)'],
  ['pg', ['duplicate key value violates unique constraint "orders_pkey"'], 'duplicate key value violates unique constraint "orders_pkey"'],
  ['pg', ['Key (id)=(123e4567-e89b-12d3-a456-426614174000) already exists.', 'Key (id)=(00000000-0000-4000-8000-00000000ABCD) already exists.'], 'Key (id)=(<id>) already exists.'],
  ['pg', ['invalid input syntax for type uuid: "abc-17"', 'invalid input syntax for type uuid: ""'], 'invalid input syntax for type uuid: <text>'],
  ['pg', ['deadlock detected: Process 12345 waits for ShareLock on transaction 987654; blocked by process 12346.', 'deadlock detected: Process 1 waits for ShareLock on transaction 2; blocked by process 3.'], 'deadlock detected: Process <n> waits for ShareLock on transaction <n>; blocked by process <n>.'],
  ['JDBC', ['SQLSTATE 23505: ERROR: duplicate key'], 'SQLSTATE 23505: ERROR: duplicate key'],
  ['Oracle', ['ORA-00001: unique constraint (SHOP.PK_ORDERS) violated'], 'ORA-00001: unique constraint (SHOP.PK_ORDERS) violated'],
  ['MySQL', ["[Error 1062] Duplicate entry 'ORD-991' for key 'PRIMARY'", "[Error 1062] Duplicate entry 'ORD-7' for key 'PRIMARY'"], '[Error 1062] Duplicate entry <text> for key <text>'],
  ['MySQL', ['Lock wait timeout exceeded; try restarting transaction (errno: 1205)'], 'Lock wait timeout exceeded; try restarting transaction (errno: 1205)'],
  ['Spring', [javaTrace(4711, 30000), javaTrace(4712, 29998)], 'org.springframework.amqp.AmqpException: Failed to publish message <n>; Caused by: java.net.SocketTimeoutException: Read timed out after <n> ms'],
  ['Jackson', ['Cannot deserialize value of type `int` from String "12x": not a valid value (line: 1, column: 24)', 'Cannot deserialize value of type `int` from String "y": not a valid value (line: 9, column: 2)'], 'Cannot deserialize value of type <text> from String <text>: not a valid value (line: <n>, column: <n>)'],
  ['Java', ['com.shop.Order@1f32e575 is locked', 'com.shop.Order@7a81197d is locked'], 'com.shop.Order<id> is locked'],
  ['Python', [pythonTrace(8812), pythonTrace(9)], 'requests.exceptions.HTTPError: 503 Server Error: Service Unavailable for url: https://api.example/o/<n>'],
  ['HTTP', ['HTTP 503 Service Unavailable'], 'HTTP 503 Service Unavailable'],
  ['HTTP', ['HTTP/1.1 404 Not Found'], 'HTTP/1.1 404 Not Found'],
  ['HTTP', ['Request failed with status code 429'], 'Request failed with status code 429'],
  ['HTTP', ['{"status":422,"error":"Unprocessable","orderId":"A-1009","at":"2024-05-06T07:08:09.123Z"}', '{"status":422,"error":"Unprocessable","orderId":"B-1","at":"2024-05-07T00:00:00.000Z"}'], '{"status":422,"error":<text>,"orderId":<text>,"at":<text>}'],
  ['a pod', ['upstream gw-7d9f8b6c5-x2x9z is gone', 'upstream gw-5c4d3e2f1-a9b8c is gone'], 'upstream <id> is gone'],
  ['a timer', ['timeout of 5000ms exceeded', 'timeout of 250ms exceeded'], 'timeout of <n>ms exceeded'],
  ['a time', ['lease expired at 2024-05-06 07:08:09.123+00', 'lease expired at 2024-05-06T07:08:09Z', 'lease expired at Mon, 06 May 2024 07:08:09 GMT'], 'lease expired at <time>'],
  ['a person', ['customer jane.doe@example.com is blocked', 'customer x@y.org is blocked'], 'customer <id> is blocked'],
  ['a person', ["Unknown customer 'Jane Doe'", "Unknown customer 'Bo'"], 'Unknown customer <text>'],
  ['a trace', ['trace 4bf92f3577b34da6a3ce929d0e0e4736 failed', 'trace 00f067aa0ba902b7 failed'], 'trace <id> failed'],
  ['Redrive', ['Redrive job-01J9Z3K4X5ABCDEF: claimed, outcome not written down yet'], 'Redrive <id>: claimed, outcome not written down yet'],
  ['TLS', ['x509: certificate has expired: current time 2024-05-06T07:08:09Z is after 2024-01-01T00:00:00Z'], 'x509: certificate has expired: current time <time> is after <time>'],
  ['names with digits', ['utf8 and Http2Exception and S3 and log4j2'], 'utf8 and Http2Exception and S3 and log4j2'],
  ['a layout', ['  read   ECONNRESET \n'], 'read ECONNRESET'],
] // prettier-ignore

describe('one cause is one group', () => {
  test.each(causes)('%s: %j', (_, errors, cause) => {
    expect(errors.map(normaliseCause)).toEqual(errors.map(() => cause))
  })
})

test('what tells causes apart stays', () => {
  const apart = [
    'HTTP 503',
    'HTTP 404',
    'status code 500',
    'status code 502',
    `no exchange 'orders'`,
    `no exchange 'billing'`,
    'SQLSTATE 23505',
    'SQLSTATE 40001',
    'read ECONNRESET',
    'write EPIPE',
  ]
  expect(new Set(apart.map(normaliseCause)).size).toBe(apart.length)
})

test('no text is no cause', () => {
  expect([null, '', ' \n\t'].map(normaliseCause)).toEqual([null, null, null])
})

test('any text gives a bounded cause that stays the same when it is looked at again', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(...causes.flatMap(([, errors]) => errors)),
    fc.uuid(),
    fc.integer().map(String),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      expect(normaliseCause(pieces.join(' '))?.length ?? 0).toBeLessThanOrEqual(CAUSE_CHARS_MAX)
    }),
  )
  for (const [, , cause] of causes) expect(normaliseCause(cause)).toBe(cause)
})

test.each([
  ['quotes', '"'],
  ['sentences', '"a b '],
  ['dashes', 'a-'],
  ['an id that never ends', '1a'],
  ['an address that never ends', '0:'],
  ['a mail that never begins', 'a.'],
  ['status', 'server '],
  ['space', ' '],
  ['lines', '\n '],
])('a million characters of %s take no time', (_, piece) => {
  const text = `x${piece.repeat(Math.ceil(1_000_000 / piece.length))}@`
  const startedMs = performance.now()
  normaliseCause(text)
  expect(performance.now() - startedMs).toBeLessThan(250)
})
