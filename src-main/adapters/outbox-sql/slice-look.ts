/** Bounds of one slice, as `windowed` takes them. */
export interface SliceRange {
  readonly from: string | null
  readonly to: string | null
  readonly after?: string | null
}

export interface SliceLook<Result> {
  readonly order: 'newest' | 'oldest'
  readonly after: string | null
  readonly budgetMs: number
  slice(range: SliceRange, timeoutMs: number): Promise<Result>
  take(result: Result): boolean
}
