/**
 * Where a record of a broker says which message it is about. Absent: the property `message-id` (RabbitMQ) or the header for
 * ids (Kafka), and where that is missing `/messageId` of a JSON body.
 */
export type IdPlace = { readonly header: string } | { readonly pointer: string }
