import type { BrokerConnection, BrokerDraft } from '../../../src-preload/contract/connections.ts'
import { writeAddress } from './address.ts'
import { addressOf, emptyFields, fieldsOf, passwordOf, problemsOf, tlsOf } from './connection-form.ts'
import type { ConnectionFields, Problems } from './connection-form.ts'

export type BrokerFields = ConnectionFields

export function emptyBroker(): BrokerFields {
  return emptyFields('rabbitmq')
}

export function brokerFieldsOf(saved: BrokerConnection): BrokerFields {
  return fieldsOf('rabbitmq', saved)
}

export function brokerProblems(fields: BrokerFields): Problems {
  return problemsOf('rabbitmq', fields)
}

/** The draft of fields without problems. Brokers made here are RabbitMQ; the sandbox brings its own. */
export function brokerDraftOf(fields: BrokerFields): BrokerDraft {
  return {
    driver: 'rabbitmq',
    url: writeAddress('rabbitmq', addressOf('rabbitmq', fields)),
    password: passwordOf(fields),
    tls: tlsOf(fields),
  }
}
