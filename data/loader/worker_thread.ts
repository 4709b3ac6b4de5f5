/** Threads with a program of their own: workers of the web, and those of Node where it has no others. */
import process from "node:process";

/** A thread, seen by the one that started it. */
export interface WorkerThread<Job> {
  /** Sends a job with the memory that moves to the thread. */
  post(job: Job, moved: readonly ArrayBuffer[]): void;
  /** Ends the thread. */
  end(): void;
}

/** What a thread reports. */
export interface ThreadReports<Answer> {
  /** Called with each answer. */
  readonly answer: (answer: Answer) => void;
  /** Called with the reason when the thread cannot go on. */
  readonly lost: (reason: string) => void;
}

function startOfWeb<Job, Answer>(
  program: URL,
  { answer, lost }: ThreadReports<Answer>,
): WorkerThread<Job> {
  const worker = new Worker(program, { type: "module" });
  worker.onmessage = ({ data }) => answer(data);
  worker.onerror = (event) => {
    event.preventDefault();
    lost(event.message);
  };
  return {
    post: (job, moved) => worker.postMessage(job, [...moved]),
    end: () => worker.terminate(),
  };
}

function startOfNode<Job, Answer>(
  program: URL,
  { answer, lost }: ThreadReports<Answer>,
): WorkerThread<Job> {
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  const worker = new Worker(program);
  worker.on("message", answer);
  worker.on(
    "error",
    (thrown: unknown) =>
      lost(thrown instanceof Error ? thrown.message : String(thrown)),
  );
  worker.on("exit", (code) => lost(`it ended with code ${code}`));
  return {
    post: (job, moved) => worker.postMessage(job, [...moved]),
    end: () => void worker.terminate(),
  };
}

/**
 * Starts a thread.
 *
 * @param program Its module; it calls `threadOwner`.
 */
export const startThread = <Job, Answer>(
  program: URL,
  reports: ThreadReports<Answer>,
): WorkerThread<Job> =>
  typeof Worker === "undefined"
    ? startOfNode(program, reports)
    : startOfWeb(program, reports);

/** The one that started a thread, seen by the thread. */
export interface ThreadOwner<Job, Answer> {
  /** Sends an answer. */
  answer(answer: Answer): void;
  /** Says what to do with each job. */
  serve(take: (job: Job) => void): void;
}

/** The used part of the global scope of a worker, which is typed as that of a page. */
interface WorkerScope<Job, Answer> {
  onmessage: (event: MessageEvent<Job>) => void;
  postMessage(answer: Answer): void;
}

/** The owner of the thread that this runs on. */
export function threadOwner<Job, Answer>(): ThreadOwner<Job, Answer> {
  if (typeof Worker === "undefined") return ownerOfNode();
  const scope = self as unknown as WorkerScope<Job, Answer>;
  return {
    answer: (answer) => scope.postMessage(answer),
    serve: (take) => {
      scope.onmessage = ({ data }) => take(data);
    },
  };
}

function ownerOfNode<Job, Answer>(): ThreadOwner<Job, Answer> {
  const { parentPort } = process.getBuiltinModule("node:worker_threads");
  return {
    answer: (answer) => parentPort?.postMessage(answer),
    serve: (take) => void parentPort?.on("message", take),
  };
}
