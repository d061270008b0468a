import axonDeadLetters from './axon-dead-letters.json' with { type: 'json' }
import axonEventStore from './axon-event-store.json' with { type: 'json' }
import brokerMessageLog from './broker-message-log.json' with { type: 'json' }
import cap from './cap.json' with { type: 'json' }
import debezium from './debezium.json' with { type: 'json' }
import debeziumQuarkus from './debezium-quarkus.json' with { type: 'json' }
import eventsauce from './eventsauce.json' with { type: 'json' }
import eventuateTramDbid from './eventuate-tram-dbid.json' with { type: 'json' }
import eventuateTramPolling from './eventuate-tram-polling.json' with { type: 'json' }
import eventuateTramTailing from './eventuate-tram-tailing.json' with { type: 'json' }
import goOutbox from './go-outbox.json' with { type: 'json' }
import goharvest from './goharvest.json' with { type: 'json' }
import graphileWorker from './graphile-worker.json' with { type: 'json' }
import gruelbox from './gruelbox.json' with { type: 'json' }
import gruelboxMysql from './gruelbox-mysql.json' with { type: 'json' }
import gulimallMqMessage from './gulimall-mq-message.json' with { type: 'json' }
import hibernateSearch from './hibernate-search.json' with { type: 'json' }
import masstransit from './masstransit.json' with { type: 'json' }
import msgLog from './msg-log.json' with { type: 'json' }
import namastack from './namastack.json' with { type: 'json' }
import oban from './oban.json' with { type: 'json' }
import pgBoss from './pg-boss.json' with { type: 'json' }
import pgTransactionalOutbox from './pg-transactional-outbox.json' with { type: 'json' }
import pgTransactionalOutboxReplication from './pg-transactional-outbox-replication.json' with { type: 'json' }
import redriveReference from './redrive-reference.json' with { type: 'json' }
import river from './river.json' with { type: 'json' }
import rpTransactionMessage from './rp-transaction-message.json' with { type: 'json' }
import seataUndoLog from './seata-undo-log.json' with { type: 'json' }
import springModulithV1 from './spring-modulith-v1.json' with { type: 'json' }
import springModulithV2 from './spring-modulith-v2.json' with { type: 'json' }
import symfonyMessenger from './symfony-messenger.json' with { type: 'json' }
import tomorrowOne from './tomorrow-one.json' with { type: 'json' }
import wolverineDeadLetters from './wolverine-dead-letters.json' with { type: 'json' }
import wolverineIncoming from './wolverine-incoming.json' with { type: 'json' }
import wolverineOutgoing from './wolverine-outgoing.json' with { type: 'json' }

/** The profiles as they lie on disk, the own layout first. */
export const shippedProfiles: readonly unknown[] = [
  redriveReference,
  axonDeadLetters,
  axonEventStore,
  brokerMessageLog,
  cap,
  debezium,
  debeziumQuarkus,
  eventsauce,
  eventuateTramDbid,
  eventuateTramPolling,
  eventuateTramTailing,
  goOutbox,
  goharvest,
  graphileWorker,
  gruelbox,
  gruelboxMysql,
  gulimallMqMessage,
  hibernateSearch,
  masstransit,
  msgLog,
  namastack,
  oban,
  pgBoss,
  pgTransactionalOutbox,
  pgTransactionalOutboxReplication,
  river,
  rpTransactionMessage,
  seataUndoLog,
  springModulithV1,
  springModulithV2,
  symfonyMessenger,
  tomorrowOne,
  wolverineDeadLetters,
  wolverineIncoming,
  wolverineOutgoing,
]
