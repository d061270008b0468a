/** The parts of kafkajs below its producer and consumer, as far as Redrive uses them. kafkajs has no types for them. */

declare module 'kafkajs/src/broker/index.js' {
  import type ConnectionPool from 'kafkajs/src/network/connectionPool.js'
  import type { Definition, Protocol } from 'kafkajs/src/protocol/requests/index.js'

  export default class Broker {
    constructor(options: {
      readonly connectionPool: ConnectionPool
      readonly logger: unknown
      readonly nodeId: number | null
      readonly allowAutoTopicCreation: boolean
      readonly authenticationTimeout: number
    })
    readonly connectionPool: ConnectionPool
    /** By API key; null before it is connected. */
    readonly versions: Readonly<
      Record<string, { readonly minVersion: number; readonly maxVersion: number }>
    > | null
    /** Throws where the server does not have the API. */
    readonly lookupRequest: (apiKey: number, definition: Definition) => Protocol
    isConnected(): boolean
    connect(): Promise<void>
  }
}

declare module 'kafkajs/src/network/connectionPool.js' {
  import type { RequestAndResponse } from 'kafkajs/src/protocol/requests/index.js'

  export default class ConnectionPool {
    constructor(options: Readonly<Record<string, unknown>>)
    send(request: RequestAndResponse): Promise<unknown>
  }
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    readonly pending: readonly unknown[]
    scheduleCheckPendingRequests(): void
  }
}

declare module 'kafkajs/src/protocol/requests/index.js' {
  export interface RequestAndResponse {
    readonly request: {
      readonly apiKey: number
      readonly apiVersion: number
      readonly encode: () => Promise<unknown>
    }
    readonly response: {
      readonly decode: (payload: unknown) => Promise<unknown>
      readonly parse: (decoded: unknown) => Promise<unknown>
    }
  }
  export type Protocol = (options: object) => RequestAndResponse
  export type Definition = object
  export const requests: Readonly<Record<string, Definition>>
}

declare module 'kafkajs/src/protocol/requests/apiKeys.js' {
  const apiKeys: Readonly<Record<string, number>>
  export default apiKeys
}

declare module 'kafkajs/src/protocol/encoder.js' {
  export default class Encoder {
    readonly buffer: Buffer
    writeInt16(value: number): this
    writeInt32(value: number): this
    writeBoolean(value: boolean): this
    writeString(value: string | null): this
    writeBuffer(value: Buffer): this
  }
}

declare module 'kafkajs/src/loggers/index.js' {
  export function createLogger(options: {
    readonly level: number
    readonly logCreator: () => () => void
  }): unknown
}

declare module 'kafkajs/src/protocol/recordBatch/crc32C/index.js' {
  export default function crc32C(bytes: Buffer): number
}
