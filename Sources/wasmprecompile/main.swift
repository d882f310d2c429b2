// Linked in place of the C library's malloc(3): engines spend a tenth of their time there.
internal import CMimalloc
internal import Commands

CommandLineTool.main()
