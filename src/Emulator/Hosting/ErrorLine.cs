using System.Buffers;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Hosting;

/// <summary>A line that reports a failure in the middle of a stream: Python's container sends a code, others an error.</summary>
internal static class ErrorLine
{
    public static ReadOnlyMemory<byte> Of(int code)
    {
        var buffer = new ArrayBufferWriter<byte>();
        new PythonJson(buffer).Object().Name("code").Integer(code).Name("message").String("Connection closed").EndObject();
        return buffer.WrittenMemory;
    }

    public static ReadOnlyMemory<byte> Of(string text)
    {
        var buffer = new ArrayBufferWriter<byte>();
        new PythonJson(buffer).Object().Name("error").String(text).EndObject();
        return buffer.WrittenMemory;
    }
}
