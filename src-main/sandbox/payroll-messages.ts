import { employees } from './catalogue.ts'
import { DAY, MINUTE, SECOND, money, serviceHeaders } from './draft.ts'
import type { Draft, JsonValue } from './draft.ts'
import type { Random } from './random.ts'

type PayStep =
  'calculated' | 'approved' | 'paid' | 'payslip' | 'tax' | 'bank' | 'garnishment' | 'bonus' | 'expense'

export interface Employee {
  readonly number: string
  readonly name: string
  readonly unit: string
  readonly country: string
  readonly grossCents: number
}

const routes: Readonly<
  Record<PayStep, { readonly type: string; readonly routingKey: string; readonly service: string }>
> = {
  calculated: { type: 'SalaryCalculated', routingKey: 'salary.calculated', service: 'payroll' },
  approved: { type: 'SalaryApproved', routingKey: 'salary.approved', service: 'payroll' },
  paid: { type: 'SalaryPaid', routingKey: 'salary.paid', service: 'treasury' },
  payslip: { type: 'PayslipIssued', routingKey: 'payslip.issued', service: 'documents' },
  tax: { type: 'TaxSettled', routingKey: 'settlement.tax', service: 'treasury' },
  bank: { type: 'BankSettlementOrdered', routingKey: 'settlement.bank', service: 'treasury' },
  garnishment: { type: 'GarnishmentFiled', routingKey: 'garnishment.filed', service: 'treasury' },
  bonus: { type: 'BonusAnnounced', routingKey: 'bonus.announced', service: 'people' },
  expense: { type: 'ExpenseReimbursed', routingKey: 'expense.reimbursed', service: 'treasury' },
}
/** Bonuses are calculated early and announced later. */
const BONUS_DELAY_MS = 4 * DAY

export function newEmployee(random: Random, number: number): Employee {
  const { name, unit, country } = random.pick(employees)
  return {
    number: `E-${String(number).padStart(4, '0')}`,
    name,
    unit,
    country,
    grossCents: random.int(210_000, 890_000),
  }
}

/** One employee's part of a payroll run, in order. */
export function payRun(random: Random, employee: Employee, startedAt: number): Draft[] {
  const steps: PayStep[] = ['calculated', 'approved', 'paid', 'payslip', 'tax']
  if (random.chance(0.2)) steps.push('bank')
  if (random.chance(0.04)) steps.push('garnishment')
  if (random.chance(0.12)) steps.push('bonus')
  let at = startedAt
  return steps.map((step) => {
    at += random.int(20 * SECOND, 6 * MINUTE)
    return payMessage(random, { employee, step, at })
  })
}

export function payMessage(
  random: Random,
  { employee, step, at }: { readonly employee: Employee; readonly step: PayStep; readonly at: number },
): Draft {
  const { type, routingKey, service } = routes[step]
  const period = new Date(at).toISOString().slice(0, 7)
  return {
    chainKey: `PAY-${period}/${employee.number}`,
    messageId: `${type.toLowerCase()}-${random.uuid()}`,
    exchange: 'payroll',
    routingKey,
    type,
    payload: payload(random, { employee, step, at, period }),
    headers: serviceHeaders(random, { service, type, schema: 3 }),
    createdAt: at,
    dueAt: step === 'bonus' ? at + BONUS_DELAY_MS : null,
  }
}

function payload(
  random: Random,
  {
    employee,
    step,
    at,
    period,
  }: { readonly employee: Employee; readonly step: PayStep; readonly at: number; readonly period: string },
): JsonValue {
  const { number, name, unit, country, grossCents } = employee
  const common = { employee: { id: number, name, unit, country }, period, at: new Date(at).toISOString() }
  const net = Math.round(grossCents * 0.71)
  switch (step) {
    case 'calculated':
      return {
        ...common,
        gross: money(grossCents),
        net: money(net),
        currency: 'EUR',
        hours: random.int(120, 176),
      }
    case 'approved':
      return { ...common, approvedBy: random.pick(['i.håkansson', 'y.çelik', '刘思琪']), net: money(net) }
    case 'paid':
    case 'bank':
      return {
        ...common,
        amount: money(net),
        currency: 'EUR',
        iban: `${country}${random.int(10, 99)}•••• •••• ${random.int(1_000, 9_999)}`,
        endToEndId: random.hex(24).toUpperCase(),
      }
    case 'payslip':
      return { ...common, document: `payslips/${period}/${number}.pdf`, pages: random.int(1, 3) }
    case 'tax':
    case 'garnishment':
      return {
        ...common,
        amount: money(grossCents - net),
        currency: 'EUR',
        office: random.pick(['Køge', 'Aachen', '杭州']),
      }
    case 'bonus':
      return { ...common, amount: money(random.int(50_000, 400_000)), currency: 'EUR' }
    case 'expense':
      return {
        ...common,
        amount: money(random.int(800, 90_000)),
        currency: 'EUR',
        purpose: random.pick(['差旅', 'Train', 'Hotel', 'Meals']),
      }
  }
}
