import { createRouter, createWebHashHistory, type Router } from 'vue-router'

/** Every page has an address; each is loaded when it is first shown. */
export const pages = ['overview', 'inbox', 'jobs', 'unknown', 'sweeps', 'journal', 'connections'] as const
export type PageName = (typeof pages)[number]

export function createConsoleRouter(): Router {
  return createRouter({
    history: createWebHashHistory(),
    routes: [
      { path: '/', name: 'overview', component: () => import('../features/overview/OverviewPage.vue') },
      // ?source=…&q=…&id=…: the same view again after a reload, or for a colleague.
      { path: '/inbox', name: 'inbox', component: () => import('../features/inbox/InboxPage.vue') },
      { path: '/jobs', name: 'jobs', component: () => import('../features/jobs/JobsPage.vue') },
      {
        path: '/jobs/:job',
        name: 'job',
        component: () => import('../features/jobs/JobPage.vue'),
        props: true,
      },
      // ?source=…: of one source only.
      { path: '/unknown', name: 'unknown', component: () => import('../features/jobs/UnknownPage.vue') },
      { path: '/sweeps', name: 'sweeps', component: () => import('../features/sweeps/SweepsPage.vue') },
      { path: '/journal', name: 'journal', component: () => import('../features/journal/JournalPage.vue') },
      {
        path: '/connections',
        name: 'connections',
        component: () => import('../features/connections/ConnectionsPage.vue'),
      },
      { path: '/:rest(.*)*', redirect: { name: 'overview' } },
    ],
  })
}
