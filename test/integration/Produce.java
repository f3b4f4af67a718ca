// Puts the records of a file into topics of Kafka, each topic with a codec of its own, by the broker's own
// client: none of the codecs but gzip has a compressor among what the tests have in JavaScript.
//
// usage: java -cp JARS Produce.java BROKER FILE TOPIC=CODEC...
// FILE: records of u16 topic, u16 length, octets; big-endian. Prints `sent N` when all are acknowledged.

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.FileInputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public class Produce {
  public static void main(String[] args) throws Exception {
    Properties base = new Properties();
    base.put("bootstrap.servers", args[0]);
    List<String> topics = new ArrayList<>();
    List<KafkaProducer<byte[], byte[]>> by = new ArrayList<>();
    Map<String, KafkaProducer<byte[], byte[]>> producers = new HashMap<>();
    List<NewTopic> made = new ArrayList<>();
    for (int i = 2; i < args.length; i++) {
      String[] pair = args[i].split("=");
      topics.add(pair[0]);
      made.add(new NewTopic(pair[0], 1, (short) 1));
      by.add(producers.computeIfAbsent(pair[1], codec -> {
        Properties of = new Properties();
        of.putAll(base);
        of.put("compression.type", codec);
        of.put("linger.ms", "20");
        of.put("acks", "all");
        // A broker that is killed comes back, and then nothing may be missing or there twice.
        of.put("enable.idempotence", "true");
        of.put("delivery.timeout.ms", "600000");
        of.put("max.block.ms", "600000");
        of.put("buffer.memory", "16777216");
        return new KafkaProducer<>(of, new ByteArraySerializer(), new ByteArraySerializer());
      }));
    }
    try (Admin admin = Admin.create(base)) {
      // There may be some of them already.
      for (var created : admin.createTopics(made).values().values()) {
        try {
          created.get();
        } catch (ExecutionException error) {
          if (!(error.getCause() instanceof TopicExistsException)) throw error;
        }
      }
    }
    AtomicLong failed = new AtomicLong();
    long sent = 0;
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(new FileInputStream(args[1]), 1 << 20))) {
      for (; ; sent++) {
        int topic;
        try {
          topic = in.readUnsignedShort();
        } catch (EOFException end) {
          break;
        }
        byte[] value = new byte[in.readUnsignedShort()];
        in.readFully(value);
        by.get(topic).send(new ProducerRecord<>(topics.get(topic), 0, null, value), (meta, error) -> {
          if (error != null && failed.incrementAndGet() < 5) System.err.println(error);
        });
      }
    }
    for (KafkaProducer<byte[], byte[]> producer : producers.values()) producer.close();
    System.out.println((failed.get() == 0 ? "sent " : "failed ") + sent);
    System.exit(failed.get() == 0 ? 0 : 1);
  }
}
