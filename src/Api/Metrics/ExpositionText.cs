using System.Buffers;
using System.Globalization;
using System.Text;

namespace Sluice.Api.Metrics;

/// <summary>Writes metrics as Prometheus reads them, text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/</summary>
internal sealed class ExpositionText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly ArrayBufferWriter<byte> _text = new(64 * 1024);

    public ReadOnlyMemory<byte> Written => _text.WrittenMemory;

    /// <summary>What the lines behind it are about.</summary>
    public void Head(string name, MetricKind kind, string help)
    {
        _text.Write("# HELP "u8);
        Write(name);
        _text.Write(" "u8);
        Write(help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal));
        _text.Write("\n# TYPE "u8);
        Write(name);
        _text.Write(kind switch
        {
            MetricKind.Counter => " counter\n"u8,
            MetricKind.Gauge => " gauge\n"u8,
            _ => " histogram\n"u8,
        });
    }

    public void Sample(string name, ReadOnlySpan<byte> labels, double value) => Part(name, [], labels, value);

    /// <summary>A line whose name is that of its metric and something behind it.</summary>
    public void Part(string name, ReadOnlySpan<byte> part, ReadOnlySpan<byte> labels, double value)
    {
        Write(name);
        _text.Write(part);
        if (!labels.IsEmpty)
        {
            _text.Write("{"u8);
            _text.Write(labels);
            _text.Write("}"u8);
        }

        Value(value);
    }

    public void Bucket(string name, ReadOnlySpan<byte> labels, double bound, long count)
    {
        Write(name);
        _text.Write("_bucket{"u8);
        _text.Write(labels);
        _text.Write(labels.IsEmpty ? "le=\""u8 : ",le=\""u8);
        Number(bound);
        _text.Write("\"}"u8);
        Value(count);
    }

    public void Append(ExpositionText other) => _text.Write(other._text.WrittenSpan);

    private void Value(double value)
    {
        _text.Write(" "u8);
        Number(value);
        _text.Write("\n"u8);
    }

    private void Number(double value)
    {
        switch (value)
        {
            case double.PositiveInfinity:
                _text.Write("+Inf"u8);
                break;
            case double.NegativeInfinity:
                _text.Write("-Inf"u8);
                break;
            default:
                const int LongestNumber = 32;
                value.TryFormat(_text.GetSpan(LongestNumber), out var length, default, CultureInfo.InvariantCulture);
                _text.Advance(length);
                break;
        }
    }

    private void Write(string text) => Encoding.UTF8.GetBytes(text, _text);
}
