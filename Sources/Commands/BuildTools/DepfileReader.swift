internal import LinuxIO

/// The build tool that is going to read a run's depfile.
enum DepfileReader {
  private static let makes: Set = ["make", "gmake", "remake"]
  private static let ninjas: Set = ["ninja", "ninja-build", "samu", "n2", "siso"]

  /// Whether it is make.
  ///
  /// ninja sets no variable by which to know it, and passes make's on. So the variable is only asked whether there is a make at
  /// all, and then the nearest program of these that led to this process reads the depfile. Where neither is to be seen, make
  /// has another name.
  static func isMake(
    level: String? = Environment.value("MAKELEVEL"),
    ancestors: @autoclosure () -> [String] = RunningProcess.namesOfAncestors()
  ) -> Bool {
    guard level != nil else { return false }
    return ancestors().first { makes.contains($0) || ninjas.contains($0) }.map { makes.contains($0) } ?? true
  }
}
