/** Positions of one follower: the last frame of each job that it received. */
import { type Frame, positionOf, type StreamFrame } from '../contracts/jobs/frame.js';

/** `seen`: the frame with the number `last`, if this follower received it. */
export type FollowPosition = { last: number; seen?: Frame | undefined; hasEnded: boolean };

export type FollowPositions = ReturnType<typeof createFollowPositions>;

/** `after` has the last number that the client saw of each job, 0 for none. With `followsAll`, other jobs are added as they appear. */
export function createFollowPositions(after: ReadonlyMap<string, number>, followsAll: boolean) {
  const positions = new Map<string, FollowPosition>();
  let open = 0;

  function add(jobId: string, last = 0): FollowPosition {
    const position = { last, hasEnded: false };
    positions.set(jobId, position);
    open += 1;
    return position;
  }
  for (const [jobId, last] of after) add(jobId, last);

  function end(position: FollowPosition): void {
    position.hasEnded = true;
    position.seen = undefined;
    open -= 1;
  }

  return {
    followsAll,
    /** The jobs that the client named. */
    named: after,

    /** Returns the position in a job that has not ended for this follower. Adds a new job if all jobs are followed. */
    openIn(jobId: string): FollowPosition | undefined {
      const position = positions.get(jobId) ?? (followsAll ? add(jobId) : undefined);
      return position?.hasEnded === false ? position : undefined;
    },

    addMissing(jobIds: readonly string[]): void {
      for (const jobId of jobIds) if (!positions.has(jobId)) add(jobId);
    },

    openJobs: (): string[] => [...positions].flatMap(([jobId, { hasEnded }]) => (hasEnded ? [] : [jobId])),

    advance(position: FollowPosition, frame: StreamFrame): void {
      position.last = positionOf(frame);
      position.seen = frame.type === 'gap' ? undefined : frame;
      if (frame.type === 'end') end(position);
    },

    end,

    /** Whether frames can still come. */
    isOpen: (): boolean => followsAll || open > 0,
  };
}
