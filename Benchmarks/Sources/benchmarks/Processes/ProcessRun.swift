/// A program that has ended: what it took and what it said.
struct ProcessRun {
  let command: [String]
  /// From before it was started until it was reaped.
  let nanoseconds: Int
  /// Processor time of the program and of the children that it waited for.
  let processorSeconds: Double
  /// What it and those children read from the disk, because it was not in the page cache.
  let diskReadBytes: Int
  /// The most memory that the program, or a child that it waited for, had at a time (getrusage(2), `ru_maxrss`).
  ///
  /// The kernel counts what the process was before it became the program, too, so this is never less than what this
  /// process itself has had.
  let peakResidentBytes: Int
  /// As wait(2) gives it.
  let waitStatus: Int32
  /// Standard output and standard error, as they came.
  let output: String

  var seconds: Double { Double(nanoseconds) / 1e9 }

  var succeeded: Bool { waitStatus == 0 }

  /// The program's name, for messages.
  var name: Substring { command[0].split(separator: "/").last ?? "" }

  /// How it ended, for messages. The low seven bits of the wait status are the signal (wait(2), WTERMSIG).
  var ending: String {
    let signal = waitStatus & 0x7f
    return signal == 0 ? "exited with status \((waitStatus >> 8) & 0xff)" : "was ended by signal \(signal)"
  }

  var lastLine: Substring { output.split(separator: "\n").last ?? "" }
}
