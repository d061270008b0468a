import { createRouter, createWebHashHistory, type Router } from 'vue-router'
import OverviewPage from '../features/overview/OverviewPage.vue'

/** Every page has an address; each but the one that the window starts with is loaded when it is first shown. */
export const pages = [
  'overview',
  'inbox',
  'audits',
  'dead-letters',
  'brokers',
  'jobs',
  'unknown',
  'confirmations',
  'sweeps',
  'alerts',
  'journal',
  'connections',
] as const
export type PageName = (typeof pages)[number]

/** Pages of one thing belong to the page of their list. */
const PARTS: Readonly<Record<string, PageName>> = {
  job: 'jobs',
  audit: 'audits',
  mapping: 'connections',
  message: 'inbox',
  plan: 'jobs',
}

/** The page of the rail that a route belongs to. */
export function pageOf(route: unknown): PageName | undefined {
  return pages.find((name) => name === route) ?? PARTS[String(route)]
}

export function createConsoleRouter(): Router {
  const router = createRouter({
    history: createWebHashHistory(),
    routes: [
      // ?range=24h: another stretch of time.
      { path: '/', name: 'overview', component: OverviewPage },
      // ?source=…&q=…&id=…: the same view again after a reload, or for a colleague.
      { path: '/inbox', name: 'inbox', component: () => import('../features/inbox/InboxPage.vue') },
      // ?source=…&message=…: where a link to a message leads; message id or row key.
      { path: '/message', name: 'message', component: () => import('../features/inbox/LinkedMessage.vue') },
      // ?queue=broker/name: the queue that is shown.
      {
        path: '/dead-letters',
        name: 'dead-letters',
        component: () => import('../features/dead-letters/DeadLettersPage.vue'),
      },
      // ?broker=…&view=topics&topic=…: queues, topics or groups of a broker, or the records of a topic.
      { path: '/brokers', name: 'brokers', component: () => import('../features/brokers/BrokersPage.vue') },
      // ?view=chains: the damaged chains instead of the audits.
      { path: '/audits', name: 'audits', component: () => import('../features/audits/AuditsPage.vue') },
      // ?chain=…&kind=…&seq=…: findings of one chain or kind, and the one that is drawn.
      {
        path: '/audits/:audit',
        name: 'audit',
        component: () => import('../features/audits/AuditPage.vue'),
        props: true,
      },
      { path: '/jobs', name: 'jobs', component: () => import('../features/jobs/JobsPage.vue') },
      {
        path: '/jobs/:job',
        name: 'job',
        component: () => import('../features/jobs/JobPage.vue'),
        props: true,
      },
      // ?plan=…: a plan that the engine has, for review.
      { path: '/plan', name: 'plan', component: () => import('../features/plans/PlanPage.vue') },
      // ?source=…: of one source only.
      { path: '/unknown', name: 'unknown', component: () => import('../features/jobs/UnknownPage.vue') },
      // ?source=…: of another source than the first one.
      {
        path: '/confirmations',
        name: 'confirmations',
        component: () => import('../features/confirmations/ConfirmationsPage.vue'),
      },
      { path: '/sweeps', name: 'sweeps', component: () => import('../features/sweeps/SweepsPage.vue') },
      { path: '/alerts', name: 'alerts', component: () => import('../features/alerts/AlertsPage.vue') },
      { path: '/journal', name: 'journal', component: () => import('../features/journal/JournalPage.vue') },
      {
        path: '/connections',
        name: 'connections',
        component: () => import('../features/connections/ConnectionsPage.vue'),
      },
      // ?step=…: of the way to a confirmed mapping.
      {
        path: '/connections/:source/mapping',
        name: 'mapping',
        component: () => import('../features/mapping/MappingPage.vue'),
        props: true,
      },
      { path: '/:rest(.*)*', redirect: { name: 'overview' } },
    ],
  })
  followEarly(router)
  return router
}

/**
 * The library hears a changed address only once its first page is loaded, and writes the first one over it: a notification
 * that is clicked while the window opens would lead nowhere.
 */
function followEarly(router: Router): void {
  const follow = ({ newURL }: HashChangeEvent): void => {
    void router.push(new URL(newURL).hash.slice(1) || '/')
  }
  const stop = (): void => window.removeEventListener('hashchange', follow)
  window.addEventListener('hashchange', follow)
  void router.isReady().then(stop, stop)
}
