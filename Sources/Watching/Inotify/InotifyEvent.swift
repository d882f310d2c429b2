internal import CInotifyTools
internal import SystemPackage

/// One event as the kernel reported it, copied out of the library's static buffer.
struct InotifyEvent {
  /// Descriptor of the watched directory; −1 for an overflow.
  var watch: Int32
  var mask: InotifyMask
  /// Name inside the watched directory; `nil` when the event is about the directory itself.
  var name: FilePath.Component?
  /// When it was taken from the kernel, which stamps nothing itself.
  var time: SuspendingClock.Instant
}

/// The bits of `<sys/inotify.h>` that this module asks for or looks at.
struct InotifyMask: OptionSet, Hashable {
  let rawValue: UInt32

  static let closeWrite = InotifyMask(rawValue: UInt32(IN_CLOSE_WRITE))
  static let create = InotifyMask(rawValue: UInt32(IN_CREATE))
  static let movedFrom = InotifyMask(rawValue: UInt32(IN_MOVED_FROM))
  static let movedTo = InotifyMask(rawValue: UInt32(IN_MOVED_TO))
  static let delete = InotifyMask(rawValue: UInt32(IN_DELETE))
  static let deleteSelf = InotifyMask(rawValue: UInt32(IN_DELETE_SELF))
  static let moveSelf = InotifyMask(rawValue: UInt32(IN_MOVE_SELF))
  static let unmount = InotifyMask(rawValue: UInt32(IN_UNMOUNT))
  static let overflow = InotifyMask(rawValue: UInt32(IN_Q_OVERFLOW))
  static let ignored = InotifyMask(rawValue: UInt32(IN_IGNORED))
  static let isDirectory = InotifyMask(rawValue: UInt32(IN_ISDIR))

  /// Events that tell that a directory itself went away.
  static let itself: InotifyMask = [.deleteSelf, .moveSelf]
  /// Events that tell that a name in a directory came or went, for directories above a root.
  static let names: InotifyMask = [.create, .movedTo, .movedFrom, .delete, .itself]
  /// Events for which a directory with modules in it is watched.
  static let contents: InotifyMask = [.names, .closeWrite]
}
