internal import CLinux

/// The two ends of a pipe that neither block nor reach children (pipe(7)).
package struct Pipe: ~Copyable, Sendable {
  package let reading: Descriptor
  package let writing: Descriptor

  package init() throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    try check("pipe2", clinux_pipe(&ends))
    reading = Descriptor(owning: ends[0])
    writing = Descriptor(owning: ends[1])
  }

  /// Closes the end that another process was given.
  package consuming func keepWriting() -> Descriptor { writing }
}
