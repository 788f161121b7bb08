import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsOptional, IsString, Length } from 'class-validator';

export class PutLinkDomainDto {
  @ApiProperty({
    description: 'Where its links may lead: exact hosts, and `*.example.com` for everything below',
    example: ['shop.example.com', '*.shop.example.com'],
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @Length(1, 253, { each: true })
  allowedHosts!: string[];

  @ApiPropertyOptional({
    description: 'The domain that messages with these links are sent from',
    example: 'mail.example.com',
  })
  @IsOptional()
  @IsString()
  @Length(1, 253)
  sendingDomain?: string;
}
