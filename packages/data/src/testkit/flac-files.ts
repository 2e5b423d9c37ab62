const decode = (...base64: string[]) => Buffer.from(base64.join(''), 'base64');

/** Files that libFLAC 1.4.3 wrote, through libsndfile. */
export const flacFiles = {
  // 600 frames at 8 kHz: 9000 sin(2π 440 t), and the same with 200 sin(2π 3000 t).
  stereo16: decode(
    'ZkxhQwAAACIQABAAAAHuAAHuAfQC8AAAAlg3lteIBF1klnsIEZbMl1t6hAAAKCAAAAByZWZlcmVuY2UgbGliRkxBQyAxLjQuMyAyMDIzMDYyMwAAAAD/+HSY',
    'AAJXS0IAAH/c7VSxgAABJySSSTkkk5J9t8kkhJJJISST7b5JySSckkkk5J+d7n3PySSEkk+29t8kkhJJPzvne5+Sckkkk5JJOSfbfJJISSSSEkk+2+SckknJ',
    'JJJOSfne59z8kkhJJPtvbfJJISST8753ufknJJJJOSSTkn23ySSEkkkhJJPtvknJJJySSSTkn53ufc/JJISST7b23ySSEkk/O+d7npwAABjsK0I9oEUSRFg/',
    'Li1laSCx+Ab6iA5iAhoOLgCRCMQwiJZHdV/xEYxDE2tdepaiNhGEbRHV+/WYzYQxtt17qqxEZjGQjbuvdXiIhCGIxLV6uW1NjGIRmi3urrIiGIxBEt8Ly+am',
    'IZjMTR/Cu8kYjGIQmt/d6vjGIxiG1tVXXqiEYhhESyO6r/iIxiGJta69S1EbCMI2iOr9+sxmwhjbbr3VViIzGMhG3de6vERCEMRiWr1ctqbGMQjNFvdXWREM',
    'RiCJb4Xl81MQzGYmj+Fd5IxGMQhNb+71fGMRjENraquvVEIxDCIlkd1X/ERjEMTa116lqI2EYRtEdX79ZjNhDG23XuqrERmMZCNu691eIiEIYjEtXq5bU2MY',
    'hGaLe6usiIYjEES3wvL5qYhmMxNH8K7yRiMYhCa393q+MYjGIbVfsQ==',
  ),
  // 300 samples at 44.1 kHz: 2²⁰ sin(2π 300 t).
  mono24: decode(
    'ZkxhQwAAACIQABAAAACqAACqCsRBcAAAASyvuJ5pEylmAKRrqtrxCstIhAAAKCAAAAByZWZlcmVuY2UgbGliRkxBQyAxLjQuMyAyMDIzMDYyMwAAAAD/+HkM',
    'AAEr/RgAAAAArwUBXbkCC8kAkmiVkqGUSISCUhoRiIxmw0EZmIQmEwiIQ2ZBlGjMkEU2iJNEnI6Tyz+UrHnVYKwvWlf89PXd1VTwWqVe6vCvjx/DsX7rvLOk',
    '6TRKyVDKJEJBKQ0IxEYzYaCMzEITCYREIbMgyjRmSCKbREmiTkdJ5Z/KVjzqsFYXrSv+enru6qp4LVKvdXhXx4/h2L913lnSdIAmQw==',
  ),
  // 2,500 samples of -1 at 16 kHz, and as many of 0.
  mono8: decode(
    'ZkxhQwAAACIQABAAAAAMAAIMA+gAcAAAE4gnQq/+E+80Xx6ghxBWB+EEhAAAKCAAAAByZWZlcmVuY2UgbGliRkxBQyAxLjQuMyAyMDIzMDYyMwAAAAD/+MUC',
    'AO0S/wA/////////////////////////////////////////////////////////////////////////////////////////////////////////////////',
    '////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////',
    '////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////',
    '///////////////////////////////////////////////////////////////5////////////////////////////////////////////////////////',
    '////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////',
    '/////////////////////////////////////////////////////////////////////////////////////////+DT7v/4dQIBA4ejAABSxA==',
  ),
};
