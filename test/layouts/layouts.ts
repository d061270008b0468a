import { axonDeadLetters, axonEventStore } from './frameworks/axon.ts'
import { capMysql, capPostgres } from './frameworks/cap.ts'
import { debezium, debeziumMysql, debeziumQuarkus } from './frameworks/debezium.ts'
import { eventsauce, eventsauceMysql } from './frameworks/eventsauce.ts'
import { eventuateMysql, eventuatePolling, eventuateTailing } from './frameworks/eventuate.ts'
import { goharvest } from './frameworks/goharvest.ts'
import { graphileWorker, pgBoss } from './frameworks/graphile-pg-boss.ts'
import { gruelbox, gruelboxMysql } from './frameworks/gruelbox.ts'
import { hibernateSearch } from './frameworks/hibernate-search.ts'
import { brokerMessageLog, gulimallMqMessage, msgLog } from './frameworks/local-message-tables.ts'
import { masstransit } from './frameworks/masstransit.ts'
import { modulithV1, modulithV1Mysql, modulithV2, modulithV2Mysql } from './frameworks/modulith.ts'
import { namastack, namastackMysql } from './frameworks/namastack.ts'
import { oban, river } from './frameworks/oban-river.ts'
import {
  pgTransactionalOutbox,
  pgTransactionalOutboxReplication,
} from './frameworks/pg-transactional-outbox.ts'
import { goOutboxWithoutKey, seataUndoLog } from './frameworks/refused.ts'
import { rpTransactionMessage } from './frameworks/rp-transaction-message.ts'
import { symfony, symfonyMysql } from './frameworks/symfony.ts'
import { tomorrowOne } from './frameworks/tomorrow-one.ts'
import { wolverineDeadLetters, wolverineIncoming, wolverineOutgoing } from './frameworks/wolverine.ts'
import type { Layout } from './layout.ts'

/** Every layout of the wild that Redrive has a profile for, or refuses by name. */
export const layouts: readonly Layout[] = [
  capPostgres,
  capMysql,
  gruelbox,
  gruelboxMysql,
  modulithV1,
  modulithV1Mysql,
  modulithV2,
  modulithV2Mysql,
  debezium,
  debeziumMysql,
  debeziumQuarkus,
  masstransit,
  wolverineOutgoing,
  wolverineIncoming,
  wolverineDeadLetters,
  eventuatePolling,
  eventuateTailing,
  eventuateMysql,
  axonDeadLetters,
  namastack,
  namastackMysql,
  pgTransactionalOutbox,
  pgTransactionalOutboxReplication,
  goharvest,
  symfony,
  symfonyMysql,
  eventsauce,
  eventsauceMysql,
  tomorrowOne,
  hibernateSearch,
  brokerMessageLog,
  msgLog,
  gulimallMqMessage,
  rpTransactionMessage,
  oban,
  river,
  graphileWorker,
  pgBoss,
  axonEventStore,
  seataUndoLog,
  goOutboxWithoutKey,
]
